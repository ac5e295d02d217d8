"""What a query can see: the tables of every lake, and all the views there are of them."""

from tailpipe_assets.views.found import NOW, Moment, Views, views_of, views_within

__all__ = ["NOW", "Moment", "Views", "views_of", "views_within"]
