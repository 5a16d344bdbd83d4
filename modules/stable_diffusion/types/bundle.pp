# Rendered by fleet render from templates/module/types/@type@.pp.j2: edit that, not this file.

# @summary A bundle of weights, as the model hub names it
type Stable_diffusion::Bundle = Struct[{repository => Stable_diffusion::Repository, revision => Stable_diffusion::Commit, Optional[files_sha256] => Stable_diffusion::Sha256, Optional[files] => Array[Stable_diffusion::Place], Optional[models] => Hash[Stable_diffusion::Place, Stable_diffusion::Model]}]
