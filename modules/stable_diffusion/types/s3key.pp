# Rendered by fleet render from templates/module/types/@type@.pp.j2: edit that, not this file.

# @summary A key of S3, or the secret that goes with it, as it stands in a file of credentials
type Stable_diffusion::S3Key = Pattern[/\A[!-~]+\z/]
