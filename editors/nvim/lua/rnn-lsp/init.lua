-- What mappings and statuslines call. See |rnn-lsp|.
local ghost = require("rnn-lsp.ghost")
local keys = require("rnn-lsp.keys")
local native = require("rnn-lsp.native")
local M = {}

-- What each action takes of the text that is shown.
local parts = {
  accept = function(rest)
    return rest
  end,
  accept_word = function(rest)
    return rest:match("^%s*%S+") or rest
  end,
  accept_line = function(rest)
    return rest:match("^[^\n]+") or rest
  end,
}

---The actions, in the order in which they are listed.
M.actions = { "accept", "accept_word", "accept_line", "dismiss", "suggest" }

---Whether ghost text is shown that a key could take. Neovim's own (0.12) tells only when it is taken.
---@return boolean
function M.visible()
  return not native.is_there() and ghost.rest() ~= nil
end

---Does an action in an <expr> mapping: the keys to type, or nothing where there is nothing to act on.
---@param action string one of |rnn-lsp.actions|
---@return string?
local function act(action)
  if parts[action] then
    if keys.is_replayed() then
      return ""
    end
    if native.is_there() then
      return native.accept(parts[action]) and "" or nil
    end
    local text = ghost.accept(parts[action])
    return text and keys.type(text)
  elseif action == "dismiss" then
    local was_visible = M.visible()
    ghost.hide()
    return was_visible and "" or nil
  end
  vim.schedule(ghost.refresh)
  return ""
end

---The lines of text that are shown after the cursor, for a plugin that draws them itself.
---@return string?
function M.text()
  return ghost.rest()
end

---What a key did before it was mapped, as keys for an <expr> mapping.
---@param lhs string
---@param before table what maparg() said of it
local function former(lhs, before)
  if vim.tbl_isempty(before) then
    return vim.keycode(lhs)
  end
  local is_expression, result = before.expr == 1, before.rhs
  if before.callback then
    result = before.callback()
    if not is_expression then
      return ""
    end
  elseif is_expression then
    result = vim.api.nvim_eval(before.rhs)
  end
  result = result or ""
  if not is_expression or before.replace_keycodes == 1 then
    result = vim.keycode(result)
  end
  if before.noremap == 1 then
    return result
  end
  vim.api.nvim_feedkeys(result, "m", true)
  return ""
end

---Maps a key in insert mode to an action; where nothing is shown it does what it did before.
---@param lhs string
---@param action string one of |rnn-lsp.actions|
---@param options? vim.keymap.set.Opts
function M.map(lhs, action, options)
  assert(vim.list_contains(M.actions, action), "rnn-lsp: expected one of " .. table.concat(M.actions, ", "))
  local before = vim.fn.maparg(lhs, "i", false, true)
  vim.keymap.set("i", lhs, function()
    return act(action) or former(lhs, before)
  end, vim.tbl_extend("force", { expr = true, replace_keycodes = false, desc = "rnn-lsp: " .. action }, options or {}))
end

---The key that a <Plug> mapping stands for, if there is one and no other.
local function key_of(plug)
  local found = {}
  for _, maps in ipairs({ vim.api.nvim_buf_get_keymap(0, "i"), vim.api.nvim_get_keymap("i") }) do
    for _, map in ipairs(maps) do
      if map.rhs == plug then
        found[map.lhs] = true
      end
    end
  end
  local lhs = next(found)
  return lhs and next(found, lhs) == nil and vim.keycode(lhs) or ""
end

---What a <Plug> mapping of an action types. Where nothing is shown it is the key that was mapped to it.
---@param action string
---@param plug string
---@return string
function M.press(action, plug)
  return act(action) or key_of(plug)
end

---For a statusline: a few letters where rnn-lsp serves the buffer, nothing where it does not.
---@return string
function M.status()
  return require("rnn-lsp.status").text(0)
end

return M
