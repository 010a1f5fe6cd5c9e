"""The handlers of the Tether API's double: what the contract cannot say."""
