"""Exit codes of the command line."""

from typing import Final

EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_QUARANTINED: Final = 4
EXIT_INTERRUPTED: Final = 130

EXIT_CODES: Final = """exit codes:
  0    done; for verify and trace: everything that was asked for holds
  1    failed; for sources inspect: something cannot be read, or does not match its published sums
  2    wrong use, or no trust.policy to verify with
  4    built, but some records could not be read and were quarantined
  10   verify: V0, a file is missing, changed or malformed
  11   verify, trace: V1, a signature that the policy demands is missing or wrong
  12   verify: V2, the checkpoint contradicts a remembered one
  13   verify, trace: V3, a row is not in the signed tree
  14   verify, trace: V4, a leaf or column does not follow from the record
  15   trace: the dump does not say what the store says
  16   trace: the dump is not the file that was read
  20   verify, trace: a check could not run, which is not success
  130  interrupted
"""
