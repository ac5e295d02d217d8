"""The interactive console: SQL typed line by line, answered from the lake as it is at that moment."""
