"""The child of apart.py; nothing for people, who have `mailbag read`."""

import sys

from app.mail.reply.apart import serve

if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
