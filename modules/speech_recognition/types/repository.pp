# Rendered by fleet render from templates/module/types/@type@.pp.j2: edit that, not this file.

# @summary A repository of the model hub; of its spaces, with spaces/ before its name
type Speech_recognition::Repository = Pattern[/\A(spaces\/)?[\w.-]+\/[\w.-]+\z/]
