# Rendered by fleet render from templates/module/types/@type@.pp.j2: edit that, not this file.

# @summary A bundle of weights, as the model hub names it
type Indextts2::Bundle = Struct[{repository => Indextts2::Repository, revision => Indextts2::Commit, Optional[files_sha256] => Indextts2::Sha256, Optional[files] => Array[Indextts2::Place], Optional[models] => Hash[Indextts2::Place, Indextts2::Model]}]
