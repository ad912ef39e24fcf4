"""Facts to words: who is told what, a module a topic. Each one translates and calls."""

from messaging.subscribers import agencies as agencies
from messaging.subscribers import codes as codes
from messaging.subscribers import homes as homes
from messaging.subscribers import money as money
from messaging.subscribers import people as people
from messaging.subscribers import privacy as privacy
from messaging.subscribers import services as services
from messaging.subscribers import standing as standing
from messaging.subscribers import words as words
