# Rendered by fleet render from templates/module/types/@type@.pp.j2: edit that, not this file.

# @summary A model of another repository of the hub that a bundle of weights has, too; a file of it (`path`), some (`files`), or all
type Indextts2::Model = Struct[{repository => Indextts2::Repository, revision => Indextts2::Commit, Optional[path] => Indextts2::Place, Optional[files] => Array[Indextts2::Place, 1], Optional[modelscope] => Indextts2::Repository}]
