"""Robots of DingTalk, WeCom and Feishu on this machine: stand-ins for remote services that check
signature, format, size and rate as those do, and keep what they accept.
"""
