# Rendered by fleet render from templates/module/types/@type@.pp.j2: edit that, not this file.

# @summary A long command-line flag
type Stable_diffusion::Flag = Pattern[/\A--[A-Za-z0-9][\w-]*\z/]
