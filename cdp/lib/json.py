"""Type names for JSON."""

type Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]
type JsonObject = dict[str, Json]
