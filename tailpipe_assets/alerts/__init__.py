"""Alerts: findings that belong together, and whoever is told of them.

`deliver_due` is the one door: it reads the lakes, puts into the outbox what is to be told, and sends what is due.
"""

from tailpipe_assets.alerts.after import after_collect
from tailpipe_assets.alerts.courier import Courier
from tailpipe_assets.alerts.delivery import Delivered, Manner, deliver_due

__all__ = ["Courier", "Delivered", "Manner", "after_collect", "deliver_due"]
