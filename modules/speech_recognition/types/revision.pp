# Rendered by fleet render from templates/module/types/@type@.pp.j2: edit that, not this file.

# @summary The name of a release
type Speech_recognition::Revision = Pattern[/\A[A-Za-z0-9][\w.+-]{0,99}\z/]
