# Rendered by fleet render from templates/module/types/@type@.pp.j2: edit that, not this file.

# @summary A SHA-256 digest
type Speech_recognition::Sha256 = Pattern[/\A[0-9a-f]{64}\z/]
