"""What holds state: documents under the contract's rules, worlds, ids, time."""
