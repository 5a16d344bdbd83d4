# Rendered by fleet render from templates/module/types/@type@.pp.j2: edit that, not this file.

# @summary A password hashed as crypt(3) does; openssl passwd -6 makes one
type Speech_recognition::PasswordHash = Pattern[/\A\$[A-Za-z0-9]+\$[A-Za-z0-9$.\/=,]+\z/]
