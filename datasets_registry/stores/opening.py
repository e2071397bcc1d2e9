"""Which store a state has: its own folder, or the bucket that TRIMTAB_STORE names."""

import os
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from datasets_registry.errors import BadInput
from datasets_registry.state import State
from datasets_registry.stores.bucket import BucketStore
from datasets_registry.stores.folder import FolderStore
from datasets_registry.stores.store import Store

if TYPE_CHECKING:
    from obstore.store import ObjectStore

# s3://bucket or s3://bucket/prefix, without a user, a question mark or a fragment
_URL = re.compile(r"s3://([a-z0-9][a-z0-9.-]{2,62})((?:/[A-Za-z0-9][A-Za-z0-9._-]*)*)/?")
# how long a request is tried again while its server is gone
PATIENCE = timedelta(seconds=60)
# how long one request may take: an object has up to 64 MB
REQUEST = timedelta(seconds=300)


def store_of(state: State) -> Store:
    """The store of ``state``; a bucket is not asked yet.

    Raises BadInput where TRIMTAB_STORE does not name a bucket, or what talks to one is not installed.
    """
    if state.store is None:
        return FolderStore(state.root)
    match = _URL.fullmatch(state.store)
    if match is None:
        # it may have a password in it
        raise BadInput("TRIMTAB_STORE does not name a bucket: write s3://BUCKET or s3://BUCKET/FOLDER")
    bucket, prefix = match[1], match[2].strip("/")
    return BucketStore(f"s3://{bucket}{match[2]}", state.root, _client(bucket, prefix))


def _client(bucket: str, prefix: str) -> "ObjectStore":
    """What talks to the bucket, at AWS_ENDPOINT_URL and with the credentials of the environment."""
    try:
        from obstore.store import S3Store
    except ModuleNotFoundError as error:
        raise BadInput(f"a bucket needs its client: `pip install -e '.[s3]'` ({error})") from error
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
    try:
        return S3Store(
            bucket,
            prefix=prefix or None,
            client_options={"allow_http": endpoint.startswith("http://"), "timeout": REQUEST},
            retry_config={
                "max_retries": 20,
                "retry_timeout": PATIENCE,
                "backoff": {
                    "init_backoff": timedelta(seconds=0.1),
                    "max_backoff": timedelta(seconds=5),
                    "base": 2,
                },
            },
        )
    # obstore raises several kinds of error for a value of the environment that it cannot use
    except Exception as error:
        raise BadInput(
            f"the bucket {bucket} cannot be reached as the environment says ({type(error).__name__}): check "
            "AWS_ENDPOINT_URL and AWS_REGION"
        ) from error
