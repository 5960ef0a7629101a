#!/bin/sh
# What an MTA pipes mail to. In Postfix's master.cf:
#
#   mailbag unix - n n - 4 pipe flags= user=mailbag null_sender= argv=/usr/local/bin/mailbag-deliver ${sender} ${recipient}
#
# and in main.cf mailbag_destination_recipient_limit = 1, because there is one status for all recipients.
# A program that cannot even start ends with 1, 126 or 127, which Postfix bounces: here it is 75, try again later.
MAILBAG_SECRET_KEY_FILE=/etc/mailbag/secret_key MAILBAG_DATA_DIR=/var/lib/mailbag mailbag deliver -- "$@"
status=$?
case $status in 0 | 65 | 67) exit $status ;; esac
exit 75
