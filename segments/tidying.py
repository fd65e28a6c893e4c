"""Completes a condition, so that its controls have something to show: what is missing says what a new one says."""

from cdp.lib.json import Json, JsonObject
from segments.sentences import FAMILIES
from segments.shapes import fit


def tidy(leaf: JsonObject) -> None:
    """Complete a condition with what a new one says, and make its values fit its operators. Changes it in place."""
    fresh = FAMILIES[str(leaf["type"])].fresh
    for key, value in fresh.items():
        is_odd = isinstance(value, dict | list) and not isinstance(leaf.get(key), type(value))
        if key not in leaf or (is_odd and key != "value"):
            leaf[key] = _copied(value)
    if isinstance(window := leaf.get("window"), dict):
        _complete_window(window)
    if "operator" in fresh and "value" in fresh:
        leaf["value"] = fit(str(leaf["operator"]), leaf.get("value"))
    if "where" in fresh:
        where = leaf["where"]
        leaf["where"] = (
            [_tidy_detail(one) for one in where if isinstance(one, dict)] if isinstance(where, list) else []
        )


def _copied(value: Json) -> Json:
    return dict(value) if isinstance(value, dict) else list(value) if isinstance(value, list) else value


def _complete_window(window: JsonObject) -> None:
    match window.get("type"):
        case "last":
            window.setdefault("amount", 90)
            window.setdefault("unit", "day")
        case "between":
            window.setdefault("from", "")
            window.setdefault("to", "")


def _tidy_detail(one: JsonObject) -> JsonObject:
    operator = str(one.get("operator") or "is")
    value = fit(operator, one.get("value"))
    return {"property": str(one.get("property") or ""), "operator": operator, "value": value}
