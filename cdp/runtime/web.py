"""How gunicorn serves us; read by `gunicorn -c python:cdp.runtime.web`. WEB_WORKERS and WEB_THREADS change figures."""

import datetime as dt
import gc
import json
import os
from pathlib import Path
from typing import Any

import structlog
from gunicorn.glogging import Logger

worker_class = "gthread"
preload_app = True  # loaded once, shared by the workers: half the start, half the memory
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 60
graceful_timeout = 10
keepalive = 15
control_socket_disable = True
# A worker's sign of life on a full or slow disk would look like its death.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
accesslog = "-"

YOUNG = 20_000  # new objects before the collector looks; Python's own 700 has it look many times a page


def when_ready(server: Any) -> None:
    """What was loaded for good is not looked through again for rubbish, nor copied into each worker by a touch."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 10)


_stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
_json = structlog.processors.JSONRenderer()
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _json,
            ],
            "foreign_pre_chain": [structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name, _stamp],
        },
        "ready": {"format": "%(message)s"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "json"},
        "ready": {"class": "logging.StreamHandler", "formatter": "ready"},
    },
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    "loggers": {
        "gunicorn.error": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "gunicorn.access": {"handlers": ["ready"], "level": "INFO", "propagate": False},
    },
}


class JsonLogger(Logger):
    """One JSON object a request. The path without its query: queries carry searches, addresses and tokens."""

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: dt.timedelta) -> None:
        """Say who asked for what, what came of it, and under which request id."""
        headers = {name.lower(): value for name, value in resp.headers}
        line = {
            "event": "request",
            "level": "info",
            "timestamp": dt.datetime.now(dt.UTC).isoformat(),
            "request_id": headers.get("x-request-id", ""),
            "method": environ.get("REQUEST_METHOD"),
            "path": environ.get("PATH_INFO"),
            "status": resp.status_code,
            "bytes": getattr(resp, "sent", None),
            "milliseconds": round(request_time.total_seconds() * 1000, 1),
        }
        self.access_log.info(json.dumps(line))


logger_class = JsonLogger
