# Rendered by fleet render from templates/module/types/@type@.pp.j2: edit that, not this file.

# @summary A bundle of weights, as the model hub names it
type Speech_recognition::Bundle = Struct[{repository => Speech_recognition::Repository, revision => Speech_recognition::Commit, Optional[files_sha256] => Speech_recognition::Sha256, Optional[files] => Array[Speech_recognition::Place], Optional[models] => Hash[Speech_recognition::Place, Speech_recognition::Model]}]
