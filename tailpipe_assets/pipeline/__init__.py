"""The pipeline: the only room that knows sources, tables and the lake. It plans, and it collects."""

from tailpipe_assets.pipeline.collect import collect
from tailpipe_assets.pipeline.plan import Plan, plan
from tailpipe_assets.pipeline.resources import Resources
from tailpipe_assets.pipeline.wanting import CollectOptions

__all__ = ["CollectOptions", "Plan", "Resources", "collect", "plan"]
