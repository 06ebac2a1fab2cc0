"""The HTML templates of reports."""

from jinja2 import Environment, PackageLoader, StrictUndefined, Template


def template(name: str) -> Template:
    """Return a template that escapes all text it is given and refuses unknown names."""
    environment = Environment(
        loader=PackageLoader("locomotion_analysis.evaluation", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)
