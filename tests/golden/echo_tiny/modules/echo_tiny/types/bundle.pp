# Rendered by fleet render from templates/module/types/@type@.pp.j2: edit that, not this file.

# @summary A bundle of weights, as the model hub names it
type Echo_tiny::Bundle = Struct[{repository => Echo_tiny::Repository, revision => Echo_tiny::Commit, Optional[files_sha256] => Echo_tiny::Sha256, Optional[files] => Array[Echo_tiny::Place], Optional[models] => Hash[Echo_tiny::Place, Echo_tiny::Model]}]
