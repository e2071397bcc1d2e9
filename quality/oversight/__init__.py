"""How well oversight does: figures of protocols, judges, debaters and amplified policies."""
