"""One JSON object per line on standard error, also for what libraries log; typed secrets show as asterisks."""

import json
import logging
import sys

import structlog


class JsonLines(logging.Formatter):
    """For records of libraries that know only `logging`."""

    def format(self, record: logging.LogRecord) -> str:
        facts = {"event": record.getMessage(), "level": record.levelname.lower(), "logger": record.name}
        if record.exc_info:
            facts["trace"] = self.formatException(record.exc_info)
        return json.dumps(facts)


def configure_logging(level: str) -> None:
    """For a process's start; called by whoever composes it."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # A cycle that takes longer than its interval is no news; its outcome and time are logged by itself.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
