"""Takes keystonemiddleware's place in nova's API pipeline: whoever has a token is its user.

nova dropped its own noauth2 strategy; placement still has one, which this follows.
"""


class NoAuth:
    """Sets the headers that auth_token would set; without a token it sets none, and nova 401s."""

    def __init__(self, application):
        self._application = application

    def __call__(self, environ, start_response):
        user = environ.get("HTTP_X_AUTH_TOKEN")
        if user:
            roles = ["member", "reader"] + ["admin"] * (user == "admin")
            environ["HTTP_X_IDENTITY_STATUS"] = "Confirmed"
            environ["HTTP_X_USER_ID"] = environ["HTTP_X_PROJECT_ID"] = user
            environ["HTTP_X_ROLES"] = ",".join(roles)
        return self._application(environ, start_response)


def filter_factory(_globals, **_locals):
    """As PasteDeploy wants it."""
    return NoAuth
