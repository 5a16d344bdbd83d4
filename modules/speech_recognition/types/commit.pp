# Rendered by fleet render from templates/module/types/@type@.pp.j2: edit that, not this file.

# @summary A full git commit; anything shorter, a tag or a branch can come to mean something else
type Speech_recognition::Commit = Pattern[/\A[0-9a-f]{40}\z/]
