# @summary A bundle of weights.
type Whisper::Bundle = Struct[{repository => Pattern[/\A[\w.-]+\/[\w.-]+\z/], revision => Whisper::Commit, Optional[files_sha256] => Whisper::Sha256}]
