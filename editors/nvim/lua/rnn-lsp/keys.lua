-- Accepted text goes in as keys, so that undo, "." and macros treat it like typed text.
--
-- What a mapping produces is in the text that "." repeats, but a macro records the key that was mapped, and at replay no
-- ghost text is there for it to take. So while a macro is recorded the text is fed as typed. At replay the key then finds
-- the first of those keys behind it, which nobody types after it, and leaves the text to them.
local M = {}

-- An undo step of its own: one `u` takes back what was accepted and no letter that was typed.
local STEP = vim.keycode("<C-g>u")
local ERASE = vim.keycode("<BS>")
-- Neovim reads on to the next special key before it puts letters into the text. Without one at the end, a second key that
-- accepts would be asked before the text of the first is there.
local END = vim.keycode("<Ignore>")

---What writes `text` in the place of the `erased` characters before the cursor.
---@param erased integer
---@param text string
---@return string
function M.write(erased, text)
  return STEP .. ERASE:rep(erased) .. text .. END
end

---What an <expr> mapping returns to have `keys` typed.
---@param keys string
---@return string
function M.type(keys)
  if vim.fn.reg_recording() == "" then
    return keys
  end
  M.feed(keys)
  return ""
end

---Has `keys` typed after the present ones, and recorded if a macro is.
---@param keys string
function M.feed(keys)
  vim.api.nvim_feedkeys(keys, vim.fn.reg_recording() ~= "" and "nt" or "n", true)
end

---Whether a macro runs in which this key took what follows.
function M.is_replayed()
  return vim.fn.reg_executing() ~= "" and vim.fn.getchar(1) == STEP:byte()
end

return M
