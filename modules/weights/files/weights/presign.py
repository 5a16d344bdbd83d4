"""Signing addresses of files in a bucket of S3, as a program of its own: JSON in, a list of addresses out.

The client that can is one of the system's packages, which the program `weights` does not see. Credentials are
found as that client always finds them: in the file that AWS_SHARED_CREDENTIALS_FILE names, or the machine's.
Where there are none, addresses are left unsigned, which a bucket that anybody reads takes.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def _addresses(told: dict[str, Any]) -> list[str]:
    from botocore import UNSIGNED
    from botocore.config import Config
    from botocore.session import Session

    session = Session()
    client = session.create_client(
        "s3",
        endpoint_url=told["endpoint"],
        region_name=told["region"],
        config=Config(
            signature_version="s3v4" if session.get_credentials() else UNSIGNED,
            # else Amazon's is asked at an address for all regions, which not all of them have
            s3=None if told["endpoint"] else {"addressing_style": "path"},
        ),
    )
    places = [{"Bucket": told["bucket"], "Key": key} for key in told["keys"]]
    return [client.generate_presigned_url("get_object", place, told["seconds"]) for place in places]


def _main() -> int:
    try:
        from botocore.exceptions import BotoCoreError
    except ImportError:
        cure = "the package python3-botocore has it; in a clone, make setup"
        print(f"botocore is not installed ({cure})", file=sys.stderr)
        return 1
    try:
        json.dump(_addresses(json.load(sys.stdin)), sys.stdout)
    except (BotoCoreError, ValueError) as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
