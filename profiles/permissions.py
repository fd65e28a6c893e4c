"""What people of the workspace may do; `cdp.access` bundles these into Viewer, Marketer and the others."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SEE: Final = "profiles.see"
SEE_PEOPLE: Final = "profiles.see_people"
EXPORT_PEOPLE: Final = "profiles.export_people"
EDIT: Final = "profiles.edit"
PUBLISH: Final = "profiles.publish"
SEND_LARGE: Final = "profiles.send_large"
APPROVE: Final = "profiles.approve"
MANAGE_DATA: Final = "profiles.manage_data"
MANAGE_TEAM: Final = "profiles.manage_team"

# As Django wants them on a model: code and words. They hang on the one row of settings.
NAMED: Final[list[tuple[str, str | Promise]]] = [
    ("see", _("See segments, campaigns and figures")),
    ("see_people", _("See personal data")),
    ("export_people", _("Export people")),
    ("edit", _("Edit")),
    ("publish", _("Publish and send")),
    ("send_large", _("Send to very many people")),
    ("approve", _("Approve")),
    ("manage_data", _("Manage data")),
    ("manage_team", _("Manage the team")),
]
