# Rendered by fleet render from templates/module/types/@type@.pp.j2: edit that, not this file.

# @summary A model of another repository of the hub that a bundle of weights has, too; a file of it (`path`), some (`files`), or all
type Echo_tiny::Model = Struct[{repository => Echo_tiny::Repository, revision => Echo_tiny::Commit, Optional[path] => Echo_tiny::Place, Optional[files] => Array[Echo_tiny::Place, 1], Optional[modelscope] => Echo_tiny::Repository}]
