"""Rows about the people of the workspace: who is invited, how they may sign in, what language they read."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from cdp.lib.crypto import EncryptedTextField


class Invitation(models.Model):
    """Somebody asked to join. Open until accepted or withdrawn; its link works until `expires_at`, and once."""

    email = models.EmailField(_("e-mail"))  # in lower case
    bundle = models.CharField(_("may"), max_length=40)
    nonce = models.CharField(max_length=43)  # part of the link; a new one makes earlier links void
    invited_by = models.ForeignKey("auth.User", models.SET_NULL, null=True, related_name="+")
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["email"],
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="one_open_invitation_an_address",
            )
        ]

    def __str__(self) -> str:
        return self.email


class SignInRules(models.Model):
    """How people of the workspace may sign in: one row, made when somebody first changes it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    needs_two_factors = models.BooleanField(_("everybody needs two factors"), default=False)
    # Single sign-on by OpenID Connect
    is_on = models.BooleanField(_("show a button for it on the sign-in page"), default=False)
    name = models.CharField(_("name of the provider"), max_length=60, default="", blank=True)
    issuer = models.URLField(_("issuer"), max_length=300, default="", blank=True)
    client_id = models.CharField(_("client id"), max_length=200, default="", blank=True)
    client_secret = EncryptedTextField(_("client secret"), default="", blank=True)
    domains = ArrayField(
        models.CharField(max_length=120), verbose_name=_("domains"), default=list, blank=True
    )
    newcomers = models.CharField(
        _("newcomers"), max_length=40, default="", blank=True
    )  # a bundle; "": invited only

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="sign_in_rules_are_one_row")]
        verbose_name_plural = _("sign-in rules")

    def __str__(self) -> str:
        return "sign-in"


class Preference(models.Model):
    """What one person of the workspace chose for themselves."""

    user = models.OneToOneField("auth.User", models.CASCADE, primary_key=True, related_name="+")
    language = models.CharField(_("language"), max_length=10, default="", blank=True)
    changed_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.language


class SharedCache(models.Model):
    """What all processes share where there is no Redis (`cdp.team.cache`); read and written by Django's own cache."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.cache_key
