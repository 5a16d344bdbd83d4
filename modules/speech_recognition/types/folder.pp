# Rendered by fleet render from templates/module/types/@type@.pp.j2: edit that, not this file.

# @summary The absolute path of a folder, of letters, digits and . _ - only, since systemd reads some others its own way
type Speech_recognition::Folder = Pattern[/\A(\/[\w-][\w.-]*)+\z/]
