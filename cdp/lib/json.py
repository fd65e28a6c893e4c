"""Type names for JSON."""

type Json = str | int | float | bool | list["Json"] | dict[str, "Json"] | None
type JsonObject = dict[str, Json]
