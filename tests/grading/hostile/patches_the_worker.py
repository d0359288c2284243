# tier: process
# says: sent something that is not an answer|did not return|is wrong|are wrong|every entry
import sys

main = sys.modules["__main__"]
main.Worker.error = main.Worker.raised = main.Worker.pack = lambda self, *args, **kwargs: b"passed"
