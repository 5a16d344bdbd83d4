# Rendered by fleet render from templates/module/types/@type@.pp.j2: edit that, not this file.

# @summary Text that systemd can hand to a process; no control characters but tabs and newlines
type Speech_recognition::Text = Pattern[/\A[^\x00-\x08\x0b-\x1f\x7f]*\z/]
