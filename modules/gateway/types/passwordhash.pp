# @summary A hashed password, as `openssl passwd -6` makes it
type Gateway::PasswordHash = Pattern[/\A\$[A-Za-z0-9$.\/=,]+\z/]
