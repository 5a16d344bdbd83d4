# Rendered by fleet render from templates/module/types/@type@.pp.j2: edit that, not this file.

# @summary A model of another repository of the hub that a bundle of weights has, too; a file of it (`path`), some (`files`), or all
type Speech_recognition::Model = Struct[{repository => Speech_recognition::Repository, revision => Speech_recognition::Commit, Optional[path] => Speech_recognition::Place, Optional[files] => Array[Speech_recognition::Place, 1], Optional[modelscope] => Speech_recognition::Repository}]
