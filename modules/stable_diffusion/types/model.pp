# Rendered by fleet render from templates/module/types/@type@.pp.j2: edit that, not this file.

# @summary A model of another repository of the hub that a bundle of weights has, too; a file of it (`path`), some (`files`), or all
type Stable_diffusion::Model = Struct[{repository => Stable_diffusion::Repository, revision => Stable_diffusion::Commit, Optional[path] => Stable_diffusion::Place, Optional[files] => Array[Stable_diffusion::Place, 1], Optional[modelscope] => Stable_diffusion::Repository}]
