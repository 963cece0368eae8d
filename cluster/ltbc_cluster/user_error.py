"""The one exception for mistakes that the user can put right."""


class UserError(Exception):
    """What was expected, what came, and what to do next; shown without a traceback."""
