"""Pulumi's language host for Python, for engines that were built from modules.

With this directory first on PATH the engine finds `pulumi-language-python` here:

    PATH="$PWD/local/language_host:$PATH" pulumi preview --policy-pack infra/policy
"""
