#!/bin/sh
# What an MTA pipes mail to: copy it to /usr/local/bin/mailbag-deliver, with the two paths below as they are on your
# machine. In Postfix's master.cf:
#
#   mailbag unix - n n - 4 pipe flags= user=mailbag null_sender= argv=/usr/local/bin/mailbag-deliver ${sender} ${recipient}
#
# in main.cf mailbag_destination_recipient_limit = 1, because there is one status for all recipients, and in
# transport_maps the column's domain with mailbag: behind it.
#
# The settings are lines such as MAILBAG_MAIL_DOMAIN=column.example, the same as of the column's other programs: with
# another domain every mail would bounce. Both paths are whole, because Postfix hands on a PATH of /usr/bin:/bin alone.
#
# A program that cannot even start ends with 1, 2, 126 or 127, which Postfix bounces: here it is 75, try again later.
(
    set -a
    . /etc/mailbag/settings || exit
    exec /opt/mailbag/bin/mailbag deliver -- "$@"
)
status=$?
case $status in 0 | 65 | 67) exit $status ;; esac
exit 75
