"""The files of a deployment fit the service, and keep the rules that linters check."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
USER = 10001


@pytest.fixture(scope="module")
def dockerfile():
    """Instructions of the Dockerfile: (name, arguments)."""
    text = (DEPLOY / "Dockerfile").read_text()
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    joined = re.sub(r"\s*\\\n\s*", " ", "\n".join(lines))
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines()]


@pytest.fixture(scope="module")
def options():
    from locomotion_analysis.cli import app

    shown = CliRunner().invoke(app, ["serve", "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    return set(re.findall(r"--[a-z-]+", shown.stdout))


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


@pytest.fixture(scope="module")
def kubernetes():
    text = (DEPLOY / "kubernetes" / "service.yaml").read_text()
    return {each["kind"]: each for each in yaml.safe_load_all(text)}


@pytest.fixture(scope="module")
def container(kubernetes):
    (found,) = kubernetes["Deployment"]["spec"]["template"]["spec"]["containers"]
    return found


@pytest.fixture(scope="module")
def paths():
    """Paths the service answers at, as they stand in its source."""
    pytest.importorskip("fastapi")
    from locomotion_analysis.production.service import app

    return set(re.findall(r'router\.get\(\s*"(/[^"]+)"', Path(app.__file__).read_text()))


def arguments(dockerfile, name):
    return [words for instruction, words in dockerfile if instruction == name]


def test_images_are_pinned_and_nothing_runs_as_root(dockerfile):
    for image in arguments(dockerfile, "FROM"):
        assert re.match(r"\S+:\d+\.\d+\.\d+\S*", image)
    assert arguments(dockerfile, "USER") == [f"{USER}:{USER}"]
    last = [name for name, _ in dockerfile]
    assert last.index("USER") > max(at for at, name in enumerate(last) if name == "RUN")
    assert not arguments(dockerfile, "ADD")
    assert not any("sudo" in words or "curl" in words for words in arguments(dockerfile, "RUN"))


def test_pip_installs_what_the_constraints_pin_and_the_project_has(dockerfile):
    (install,) = [words for words in arguments(dockerfile, "RUN") if "pip install" in words]
    assert "--no-cache-dir" in install
    assert "-c constraints.txt" in install
    extras = re.search(r"\.\[([a-z,]+)\]", install).group(1).split(",")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(extras) <= set(project["optional-dependencies"])


def test_everything_copied_is_there_and_sent_to_the_builder(dockerfile):
    sent = set((DEPLOY / "Dockerfile.dockerignore").read_text().splitlines())
    assert "*" in sent
    for words in arguments(dockerfile, "COPY"):
        if not words.startswith("--from"):
            *sources, _ = shlex.split(words)
            assert all((ROOT / source).exists() for source in sources)
            assert {f"!{source.removeprefix('./')}" for source in sources} <= sent


def test_the_image_starts_a_service_that_exists(dockerfile, options, paths):
    (entry,), (command,), (check,) = (
        arguments(dockerfile, name) for name in ("ENTRYPOINT", "CMD", "HEALTHCHECK")
    )
    assert yaml.safe_load(entry) == ["locomotion", "serve"]
    words = yaml.safe_load(command)
    assert {word for word in words if word.startswith("--")} <= options
    asked = re.search(r"127\.0\.0\.1:(\d+)(/[\w/]+)", check)
    assert asked.group(2) in paths
    assert asked.group(1) == words[words.index("--port") + 1]
    assert arguments(dockerfile, "EXPOSE") == [asked.group(1)]


def test_the_composed_service_is_shut_in(compose):
    gait = compose["services"]["gait"]
    assert gait["read_only"] is True
    assert gait["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in gait["security_opt"]
    assert all(mount.endswith(":ro") for mount in gait["volumes"])
    assert all(port.startswith("127.0.0.1:") for port in gait["ports"])
    for service in compose["services"].values():
        assert re.search(r":v?\d", service["image"])
        for mount in service.get("volumes", []):
            name = mount.split(":")[0]
            assert name.startswith("./") or name in compose["volumes"]


def test_prometheus_asks_the_service(compose, paths):
    (job,) = yaml.safe_load((DEPLOY / "prometheus.yaml").read_text())["scrape_configs"]
    assert job["metrics_path"] in paths
    ((target,),) = [each["targets"] for each in job["static_configs"]]
    host, port = target.split(":")
    assert host in compose["services"]
    assert compose["services"][host]["ports"][0].endswith(f":{port}")


def test_probes_ask_what_the_service_answers(container, paths):
    ports = {port["name"] for port in container["ports"]}
    for name in ("startupProbe", "livenessProbe", "readinessProbe"):
        asked = container[name]["httpGet"]
        assert asked["path"] in paths
        assert asked["port"] in ports
    assert container["readinessProbe"]["httpGet"]["path"].endswith("ready")
    assert container["livenessProbe"]["httpGet"]["path"].endswith("live")


def test_the_pod_is_shut_in(kubernetes, container):
    pod = kubernetes["Deployment"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["runAsUser"] == USER
    assert pod["automountServiceAccountToken"] is False
    own = container["securityContext"]
    assert own["readOnlyRootFilesystem"]
    assert own["allowPrivilegeEscalation"] is False
    assert own["capabilities"] == {"drop": ["ALL"]}
    assert {"requests", "limits"} <= set(container["resources"])
    assert not container["image"].endswith(":latest")


def test_names_in_the_manifests_fit_each_other(kubernetes, container, options):
    deployment = kubernetes["Deployment"]["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    assert deployment["selector"]["matchLabels"] == labels
    assert kubernetes["Service"]["spec"]["selector"] == labels
    assert kubernetes["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert kubernetes["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels
    volumes = {each["name"]: each for each in deployment["template"]["spec"]["volumes"]}
    assert {each["name"] for each in container["volumeMounts"]} == set(volumes)
    claim = volumes["registry"]["persistentVolumeClaim"]["claimName"]
    assert claim == kubernetes["PersistentVolumeClaim"]["metadata"]["name"]
    assert {word for word in container["args"] if word.startswith("--")} <= options


def test_there_is_time_to_answer_before_the_end(kubernetes, compose):
    pytest.importorskip("fastapi")
    from locomotion_analysis.production.service import ServiceSettings

    drain = ServiceSettings().drain_s
    pod = kubernetes["Deployment"]["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] > drain
    assert float(compose["services"]["gait"]["stop_grace_period"].removesuffix("s")) > drain
