# Rendered by fleet render from templates/module/types/@type@.pp.j2: edit that, not this file.

# @summary The name of somebody who may ask, as HAProxy reads it
type Stable_diffusion::User = Pattern[/\A[\w.@+-]+\z/]
