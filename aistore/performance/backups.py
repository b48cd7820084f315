"""What alerts want to know of backups: one question, answered here until there is somebody else to ask."""

import datetime as dt


def newest_verified_backup() -> dt.datetime | None:
    """When it was made; None: no backups are configured."""
    return None
