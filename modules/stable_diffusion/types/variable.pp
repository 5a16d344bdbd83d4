# Rendered by fleet render from templates/module/types/@type@.pp.j2: edit that, not this file.

# @summary The name of an environment variable
type Stable_diffusion::Variable = Pattern[/\A[A-Za-z_][A-Za-z0-9_]*\z/]
