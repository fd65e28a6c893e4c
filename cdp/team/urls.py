"""Routes about people of the workspace: the team, one's own account, signing in. Of allauth only what is named here."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.urls import path, re_path
from django.views.generic import RedirectView

from cdp.team import account_views as own
from cdp.team import sso_views as sso
from cdp.team import views as team

to_factors = RedirectView.as_view(pattern_name="mfa_index")
to_sign_in = RedirectView.as_view(pattern_name="account_login", query_string=True)

urlpatterns = [
    path("settings/team/", team.everybody, name="team"),
    path("settings/team/invite/", team.invite, name="team_invite"),
    path("settings/team/invitations/<int:invitation_id>/resend/", team.resend, name="team_resend"),
    path("settings/team/invitations/<int:invitation_id>/withdraw/", team.withdraw, name="team_withdraw"),
    path("settings/team/<int:user_id>/bundle/", team.bundle, name="team_bundle"),
    path("settings/team/<int:user_id>/remove/", team.remove, name="team_remove"),
    path("settings/team/<int:user_id>/factors/", team.forget_factors, name="team_forget_factors"),
    path("settings/sign-in/", sso.rules, name="team_sign_in"),
    path("join/<str:token>/", team.join, name="team_join"),
    path("account/", own.account, name="account"),
    path("account/sessions/end/", own.end_other_sessions, name="account_end_others"),
    path("account/sessions/<int:session_id>/end/", own.end_session, name="account_end_session"),
    # Signing in and out
    path("admin/login/", to_sign_in),  # Django's own would ask for no second factor
    path("accounts/login/", account.login, name="account_login"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/inactive/", account.account_inactive, name="account_inactive"),
    path("accounts/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("accounts/password/change/", account.password_change, name="account_change_password"),
    path("accounts/password/set/", account.password_set, name="account_set_password"),
    path("accounts/password/reset/", account.password_reset, name="account_reset_password"),
    path("accounts/password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "accounts/password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("accounts/oidc/<slug:provider_id>/login/", sso.login, name="openid_connect_login"),
    path("accounts/oidc/<slug:provider_id>/login/callback/", sso.callback, name="openid_connect_callback"),
    # Second factors
    path("accounts/2fa/", own.factors, name="mfa_index"),
    path("accounts/2fa/authenticate/", mfa.authenticate, name="mfa_authenticate"),
    path("accounts/2fa/reauthenticate/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("accounts/2fa/app/add/", totp.activate_totp, name="mfa_activate_totp"),
    path("accounts/2fa/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("accounts/2fa/codes/", own.recovery_codes, name="mfa_view_recovery_codes"),
    path("accounts/2fa/codes/new/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("accounts/2fa/passkeys/", to_factors, name="mfa_list_webauthn"),
    path("accounts/2fa/passkeys/add/", passkeys.add_webauthn, name="mfa_add_webauthn"),
    path("accounts/2fa/passkeys/login/", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path(
        "accounts/2fa/passkeys/reauthenticate/",
        passkeys.reauthenticate_webauthn,
        name="mfa_reauthenticate_webauthn",
    ),
    path("accounts/2fa/passkeys/<int:pk>/remove/", passkeys.remove_webauthn, name="mfa_remove_webauthn"),
    path("accounts/2fa/passkeys/<int:pk>/edit/", passkeys.edit_webauthn, name="mfa_edit_webauthn"),
]
