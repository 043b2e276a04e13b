import { definePage } from '@/page'

export default definePage({
  path: '/phone/:view(orders|history|me)?/:id(\\d+)?',
  title: { zh: '我的工单', en: 'My orders' },
  component: () => import('./PhonePage.vue'),
  roles: ['block_owner', 'dispatcher', 'administrator'],
  rail: { icon: 'phone', order: 95 },
  theme: 'night',
  frame: 'bare',
})
