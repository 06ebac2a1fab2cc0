"""What ``POST /v1/predict`` is sent: media types, and the form of its JSON."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from locomotion_analysis.standard import N_PHASES

PARQUET = "application/vnd.apache.parquet"
ARROW_STREAM = "application/vnd.apache.arrow.stream"
ARROW_FILE = "application/vnd.apache.arrow.file"
CSV = "text/csv"
TABLES = (PARQUET, ARROW_STREAM, ARROW_FILE, CSV)

Number = Annotated[float, Field(strict=True)]
Label = Annotated[str, Field(min_length=1, max_length=200)]


class Cycle(BaseModel):
    """One gait cycle."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    subject: Label = "unnamed"
    task: Label
    task_id: Label | None = None
    step: Annotated[int, Field(strict=True, ge=0, lt=2**31)] | None = Field(
        None, description="Number of the stride; its place in the request where absent."
    )
    columns: dict[Label, Number | bool | Annotated[str, Field(max_length=1000)] | None] = Field(
        default_factory=dict,
        description="What else is known: cycle_duration_s, speed_m_s, age, height_m, ...",
    )
    curves: dict[
        Label, Annotated[list[Number], Field(min_length=N_PHASES, max_length=N_PHASES)]
    ] = Field(
        min_length=1,
        description=f"Channel and its {N_PHASES} values from 0 to 100 % of the cycle, in the "
        "unit that the channel's name says.",
    )


class PredictRequest(BaseModel):
    """Cycles, or features in their place: one of the two."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    cycles: Annotated[list[Cycle], Field(min_length=1)] | None = None
    features: Annotated[list[dict[Label, Number | None]], Field(min_length=1)] | None = Field(
        None, description="One object a row; null is a value that was not measured."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> "PredictRequest":
        if (self.cycles is None) == (self.features is None):
            message = "give either cycles or features"
            raise ValueError(message)
        return self
