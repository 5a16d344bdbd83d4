# Rendered by fleet render from templates/module/types/@type@.pp.j2: edit that, not this file.

# @summary A path below the folder of a bundle of weights
type Speech_recognition::Place = Pattern[/\A[A-Za-z0-9_][A-Za-z0-9_.+-]*(\/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*\z/]
